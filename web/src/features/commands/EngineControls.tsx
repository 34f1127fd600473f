import type { Device, SupportedCommand } from "@milepost/sdk";
import { useState } from "react";
import { usePermissions } from "#api/permissions.ts";
import { Button } from "#ui/controls.tsx";
import { EngineStopDialog } from "./EngineStopDialog.tsx";
import { useSending } from "./useSending.ts";

interface EngineControlsProps {
  readonly device: Device;
  readonly items: readonly SupportedCommand[];
}

/** Stopping the engine, set apart from everything else, and letting it run again. */
export function EngineControls({ device, items }: EngineControlsProps) {
  const { role } = usePermissions();
  const [isStopping, setStopping] = useState(false);
  const resume = useSending(device);
  const stop = items.find(({ kind }) => kind === "engine_stop");
  const run = items.find(({ kind }) => kind === "engine_resume");
  if (!stop && !run) return null;
  const isPermitted = items.some(({ permitted }) => permitted);
  return (
    <section className="engine" aria-labelledby="engine-title">
      <h3 id="engine-title">Engine</h3>
      <p className="muted small">
        {isPermitted
          ? "Stopping it asks twice, and is refused while the vehicle moves."
          : `Your role, ${role}, may not stop engines; fleet managers and administrators may.`}
      </p>
      <div className="engine-buttons">
        {run && (
          <Button
            isDisabled={!run.permitted}
            isPending={resume.isPending}
            onPress={() => resume.mutate({ command: { kind: "engine_resume" }, expiresInS: run.expiresInS })}
          >
            Let it run
          </Button>
        )}
        {stop && (
          <Button variant="danger" isDisabled={!stop.permitted} onPress={() => setStopping(true)}>
            Stop the engine…
          </Button>
        )}
      </div>
      {resume.error && (
        <p className="field-error" role="alert">
          Not sent: {resume.error.message}
        </p>
      )}
      {stop && isStopping && (
        <EngineStopDialog
          device={device}
          command={{ kind: "engine_stop" }}
          expiresInS={stop.expiresInS}
          confirmation={null}
          onClose={() => setStopping(false)}
        />
      )}
    </section>
  );
}
