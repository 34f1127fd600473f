import type { Device } from "@milepost/sdk";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { forgetFrames } from "#api/devices.ts";
import { useServices } from "#api/services.ts";
import { Button } from "#ui/controls.tsx";
import { Confirm } from "#ui/Dialog.tsx";
import { saveFile } from "#ui/files.ts";
import { Icon } from "#ui/Icon.tsx";
import { captureLines, isShown, type Shown } from "./capture.ts";
import type { FrameLog } from "./frame-log.ts";

interface FrameBarProps {
  readonly device: Device;
  readonly log: FrameLog;
  readonly shown: Shown;
  readonly onShown: (shown: Shown) => void;
  readonly isFollowing: boolean;
  readonly onFollowing: (isFollowing: boolean) => void;
  readonly onForgotten: () => void;
}

const CHOICES: readonly (readonly [Shown, string])[] = [
  ["all", "All"],
  ["in", "In"],
  ["out", "Out"],
  ["errors", "Errors"],
];

export function FrameBar({ device, log, shown, onShown, isFollowing, onFollowing, onForgotten }: FrameBarProps) {
  return (
    <div className="frame-bar">
      <ToggleButtonGroup
        className="frame-filter"
        aria-label="Frames shown"
        disallowEmptySelection
        selectedKeys={[shown]}
        onSelectionChange={(keys) => onShown([...keys][0] as Shown)}
      >
        {CHOICES.map(([id, label]) => (
          <ToggleButton key={id} id={id} className="button">
            {label}
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <Button onPress={() => onFollowing(!isFollowing)}>
        <Icon name={isFollowing ? "pause" : "play"} /> {isFollowing ? "Pause" : "Follow"}
      </Button>
      <CopyButton device={device} log={log} shown={shown} />
      <ForgetButton device={device} onForgotten={onForgotten} />
    </div>
  );
}

/** The clipboard exists on secure origins only; elsewhere the lines are saved as a file. */
function CopyButton({ device, log, shown }: Pick<FrameBarProps, "device" | "log" | "shown">) {
  const [outcome, setOutcome] = useState("");
  const copy = async () => {
    const frames = log.frames.filter((frame) => isShown(frame, shown));
    const lines = captureLines(frames, device.options);
    const count = lines.split("\n").length - 1;
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(lines);
      setOutcome(`${count} lines copied: milepost decode ${device.protocol} reads them.`);
    } else {
      saveFile(new Blob([lines]), `${device.uniqueId}.jsonl`);
      setOutcome(`${count} lines saved: milepost decode ${device.protocol} reads them.`);
    }
  };
  return (
    <>
      <Button onPress={() => void copy().catch(() => setOutcome("The browser does not let this page copy."))}>
        Copy as JSON lines
      </Button>
      <span className="frame-copied muted small" role="status">
        {outcome}
      </span>
    </>
  );
}

function ForgetButton({ device, onForgotten }: Pick<FrameBarProps, "device" | "onForgotten">) {
  const { client } = useServices();
  const [isAsking, setAsking] = useState(false);
  const forget = useMutation({
    mutationFn: () => forgetFrames(client, device.id),
    onSuccess: () => {
      setAsking(false);
      onForgotten();
    },
  });
  return (
    <>
      <Button onPress={() => setAsking(true)}>Clear…</Button>
      {isAsking && (
        <Confirm
          title="Clear the frames?"
          yes="Clear"
          isPending={forget.isPending}
          error={forget.error}
          onYes={() => forget.mutate()}
          onNo={() => setAsking(false)}
        >
          <p>All frames that are kept of this device are forgotten. Its positions stay.</p>
        </Confirm>
      )}
    </>
  );
}
