import { IconButton } from "#ui/controls.tsx";
import { useReadyMap } from "./context.ts";

export function ZoomButtons() {
  const { map } = useReadyMap();
  return (
    <>
      <IconButton icon="plus" label="Zoom in" onPress={() => map.zoomIn()} />
      <IconButton icon="minus" label="Zoom out" onPress={() => map.zoomOut()} />
    </>
  );
}
