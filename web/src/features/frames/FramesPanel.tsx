import type { Device, Tagged } from "@milepost/sdk";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { changeDevice } from "#api/devices.ts";
import { usePermissions } from "#api/permissions.ts";
import { deviceQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Toggle } from "#ui/fields.tsx";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { isShown, type Shown } from "./capture.ts";
import { FrameBar } from "./FrameBar.tsx";
import { FrameTable } from "./FrameTable.tsx";
import { useFrames } from "./useFrames.ts";
import "./frames.css";

/** What a device and the server say to each other, byte by byte. */
export function FramesPanel({ tagged }: { readonly tagged: Tagged<Device> }) {
  const { caller, may, role } = usePermissions();
  if (!caller) return null;
  return (
    <section className="box" aria-labelledby="frames-title">
      <h2 id="frames-title">Raw frames</h2>
      {may("edit_devices") ? (
        <Frames tagged={tagged} />
      ) : (
        <p className="muted">Your role, {role}, may not look into what devices send; fleet managers may.</p>
      )}
    </section>
  );
}

function Frames({ tagged: { value: device } }: { readonly tagged: Tagged<Device> }) {
  const [isFollowing, setFollowing] = useState(true);
  const [shown, setShown] = useState<Shown>("all");
  const { log, isPending, error, refetch, forget } = useFrames(device.id, isFollowing);
  // Hundreds of rows that come or go must not hold up the button that was pressed.
  const deferred = useDeferredValue(shown);
  const frames = useMemo(
    () => log.frames.filter((frame) => isShown(frame, deferred)).reverse(),
    [log.frames, deferred],
  );
  return (
    <>
      <Keeping device={device} />
      {isPending && <Loading what="frames" />}
      {error && <Failure what="The frames" error={error} onRetry={refetch} />}
      {!isPending && !error && log.frames.length === 0 && <NoFrames isKeeping={device.keepFrames} />}
      {log.frames.length > 0 && (
        <>
          <FrameBar
            device={device}
            log={log}
            shown={shown}
            onShown={setShown}
            isFollowing={isFollowing}
            onFollowing={setFollowing}
            onForgotten={forget}
          />
          <p className="muted small" aria-live="polite">
            {deferred === "all" ? `${frames.length} frames` : `${frames.length} of ${log.frames.length} frames`}, the
            newest first{isFollowing ? "" : "; paused"}
          </p>
          {frames.length === 0 ? (
            <p className="muted">None of them is of this kind.</p>
          ) : (
            <FrameTable frames={frames} />
          )}
        </>
      )}
    </>
  );
}

function NoFrames({ isKeeping }: { readonly isKeeping: boolean }) {
  return isKeeping ? (
    <Empty title="Nothing yet">
      <p>What the device says from now on appears here.</p>
    </Empty>
  ) : (
    <Empty title="No frames are kept">
      <p>Switch it on, and wait for the device to call.</p>
    </Empty>
  );
}

function Keeping({ device }: { readonly device: Device }) {
  const { client } = useServices();
  const queries = useQueryClient();
  const keep = useMutation({
    mutationFn: (keepFrames: boolean) => changeDevice(client, device.id, null, { keepFrames }),
    onSuccess: () => queries.invalidateQueries({ queryKey: deviceQuery(client, device.id).queryKey, exact: true }),
  });
  return (
    <>
      <Toggle
        label="Keep frames of this device"
        isSelected={keep.isPending ? keep.variables : device.keepFrames}
        onChange={(keepFrames) => {
          if (!keep.isPending) keep.mutate(keepFrames);
        }}
        description="Switching it ends an open connection, and the device comes back. The last 500 frames are kept in memory only: a restart of the server forgets them."
      />
      {keep.error && (
        <p className="field-error" role="alert">
          Not switched: {keep.error.message}
        </p>
      )}
    </>
  );
}
