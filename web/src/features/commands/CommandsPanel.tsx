import { ApiProblem, type Device, type SupportedCommand } from "@milepost/sdk";
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef } from "react";
import { usePermissions } from "#api/permissions.ts";
import { supportedCommandsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { Empty, Failure, Loading } from "#ui/Notice.tsx";
import { CommandForm } from "./CommandForm.tsx";
import { CommandList } from "./CommandList.tsx";
import { EngineControls } from "./EngineControls.tsx";
import { useCommandNews } from "./useCommandNews.ts";
import { KIND_TITLES } from "./words.ts";
import "./commands.css";

const ENGINE_KINDS: ReadonlySet<string> = new Set(["engine_stop", "engine_resume"]);

/** What the device can be told, what it was told, and what it answered. */
export function CommandsPanel({ device }: { readonly device: Device }) {
  const { caller, may, role } = usePermissions();
  const section = useRef<HTMLElement>(null);
  useScrollWhenNamed("commands", section);
  if (!caller) return null;
  return (
    <section ref={section} id="commands" className="box" aria-labelledby="commands-title" tabIndex={-1}>
      <h2 id="commands-title">Commands</h2>
      {may("read_commands") ? (
        <>
          <Sending device={device} />
          <CommandList device={device} />
        </>
      ) : (
        <p className="muted">Your role, {role}, may not see what devices are told.</p>
      )}
    </section>
  );
}

/** The link from a vehicle leads to this panel, which is there only once the device is. */
function useScrollWhenNamed(hash: string, element: React.RefObject<HTMLElement | null>): void {
  const isNamed = useRouterState({ select: ({ location }) => location.hash === hash });
  useEffect(() => {
    if (isNamed) element.current?.scrollIntoView();
  }, [isNamed, element]);
}

function Sending({ device }: { readonly device: Device }) {
  const { client } = useServices();
  const { may, role } = usePermissions();
  useCommandNews(device);
  const { data, error, refetch } = useQuery(supportedCommandsQuery(client, device.id));
  if (error instanceof ApiProblem && error.status === 403) return null;
  if (error) return <Failure what="What the device can be told" error={error} onRetry={refetch} />;
  if (!data) return <Loading what="what the device can be told" />;
  if (data.items.length === 0) return <NoCommands protocol={data.protocol} />;
  if (!may("send_commands")) {
    return (
      <>
        <Note>Your role, {role}, may see commands, not send any. Dispatchers and fleet managers may.</Note>
        <Kinds items={data.items} />
      </>
    );
  }
  return (
    <>
      {!device.enabled && <Note>The device is disabled: what is sent waits until it is enabled, or expires.</Note>}
      <CommandForm device={device} items={inOrder(data.items.filter(({ kind }) => !ENGINE_KINDS.has(kind)))} />
      <EngineControls device={device} items={data.items.filter(({ kind }) => ENGINE_KINDS.has(kind))} />
    </>
  );
}

/** What switches nothing comes first, so that nothing is switched by not choosing. */
function inOrder(items: readonly SupportedCommand[]): SupportedCommand[] {
  return items.toSorted((a, b) => Object.keys(KIND_TITLES).indexOf(a.kind) - Object.keys(KIND_TITLES).indexOf(b.kind));
}

function Note({ children }: { readonly children: ReactNode }) {
  return <p className="muted small">{children}</p>;
}

function Kinds({ items }: { readonly items: readonly SupportedCommand[] }) {
  return (
    <details>
      <summary className="disclosure">What its protocol can be told ({items.length})</summary>
      <ul className="kinds">
        {items.map(({ kind, description }) => (
          <li key={kind}>{description}</li>
        ))}
      </ul>
    </details>
  );
}

function NoCommands({ protocol }: { readonly protocol: string }) {
  return (
    <Empty title="This device takes no commands">
      <p>
        No commands are known for <strong>{protocol}</strong>, the protocol that it is registered with. If that is not
        what it speaks, choose another one in its settings.
      </p>
    </Empty>
  );
}
