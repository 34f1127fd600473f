import type { Frame } from "@milepost/sdk";
import { memo, useState } from "react";
import { clockMillis, dateTime } from "#ui/format.ts";
import { useMediaQuery } from "#ui/hooks.ts";
import { type DecodedMessage, fieldsOf } from "./fields.ts";
import { byteCount, hexDump } from "./hex.ts";

const WIDE = "(min-width: 1000px)";
/** More of a frame is shown on demand: a photo is tens of thousands of bytes. */
const SHOWN_BYTES = 256;

/** Frames as they are given, one a row; rows that stay are not drawn again. */
export function FrameTable({ frames }: { readonly frames: readonly Frame[] }) {
  const perLine = useMediaQuery(WIDE) ? 16 : 8;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section className="table-wrap frame-wrap" aria-label="Frames, the newest first" tabIndex={0}>
      <table className="frame-table">
        <thead>
          <tr>
            <th scope="col">When and how</th>
            <th scope="col">Bytes</th>
            <th scope="col">Meaning</th>
          </tr>
        </thead>
        <tbody>
          {frames.map((frame) => (
            <FrameRow key={`${frame.number} ${frame.time}`} frame={frame} perLine={perLine} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

const FrameRow = memo(function FrameRow({ frame, perLine }: { readonly frame: Frame; readonly perLine: number }) {
  const { number, time, direction, transport, address, hex, error } = frame;
  return (
    <tr data-direction={direction} data-error={error !== null || undefined}>
      <th scope="row">
        <span className="frame-direction">
          <time className="num" dateTime={time} title={dateTime(time)}>
            {clockMillis(Date.parse(time))}
          </time>{" "}
          {direction === "in" ? "→ in" : "← out"}
        </span>
        <span className="muted">
          {transport} {address}
        </span>
        <span className="muted num">
          no. {number}, {byteCount(hex)} {hex.length === 2 ? "byte" : "bytes"}
        </span>
      </th>
      <td>
        <Bytes hex={hex} perLine={perLine} />
      </td>
      <td>
        {error !== null && <p className="frame-error">{error}</p>}
        {frame.messages.map((message, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a frame's messages do not change
          <Message key={index} message={message} />
        ))}
      </td>
    </tr>
  );
});

function Bytes({ hex, perLine }: { readonly hex: string; readonly perLine: number }) {
  const [isWhole, setWhole] = useState(false);
  const cut = isWhole ? hex : hex.slice(0, 2 * SHOWN_BYTES);
  const dump = hexDump(cut, perLine);
  const left = byteCount(hex) - byteCount(cut);
  return (
    <>
      <div className="dump">
        <pre>{dump.hex}</pre>
        <pre className="dump-text">{dump.text}</pre>
      </div>
      {left > 0 && (
        <button type="button" className="button" onClick={() => setWhole(true)}>
          {left} more bytes
        </button>
      )}
    </>
  );
}

function Message({ message }: { readonly message: DecodedMessage }) {
  return (
    <div className="message">
      <strong className="tag">{String(message.type)}</strong>
      <dl>
        {fieldsOf(message).map(({ name, value }) => (
          <div key={name}>
            <dt>{name}:</dt> <dd className="num">{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
