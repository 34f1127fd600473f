import {
  addProtocol,
  type GeoJSONSource,
  Map as MapLibreMap,
  ScaleControl,
  type StyleSpecification,
  setWorkerUrl,
} from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import "maplibre-gl/dist/maplibre-gl.css";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { basemapStyle, DETAIL_MIN_ZOOM, loadDetail, loadGeography } from "./basemap.ts";
import { type ReadyMap, ReadyMapProvider } from "./context.ts";
import { keepGrid } from "./grid.ts";
import { addClusterIcon, addIcons } from "./icons.ts";
import { PALETTES, type ThemeName } from "./palette.ts";
import "./map.css";

interface MapViewProps {
  /** What the map shows, for screen readers. */
  readonly label: string;
  readonly theme: ThemeName;
  /** A MapLibre style of the operator's choice, `pmtiles://` sources included, instead of the built-in base map. */
  readonly styleUrl: string | null;
  /** Layers and controls; drawn once the style is ready. */
  readonly children?: ReactNode;
}

/** A map with the built-in base map or the operator's style; layers are its children. */
export function MapView({ label, theme, styleUrl, children }: MapViewProps) {
  const container = useRef<HTMLDivElement>(null);
  const map = useMap(container, label, styleUrl !== null);
  const { ready, failed } = useStyle(map, theme, styleUrl);
  return (
    <div className="map-view">
      <div ref={container} className="map-canvas" />
      {failed && (
        <p className="map-notice" role="alert">
          The base map could not be loaded. Vehicles are in the list.
        </p>
      )}
      {ready && <ReadyMapProvider value={ready}>{children}</ReadyMapProvider>}
      {!styleUrl && <p className="map-credit">Natural Earth</p>}
    </div>
  );
}

function useMap(container: React.RefObject<HTMLDivElement | null>, label: string, credits: boolean) {
  const [map, setMap] = useState<MapLibreMap | null>(null);
  useEffect(() => {
    if (!container.current) return;
    setWorkerUrl(workerUrl);
    const created = new MapLibreMap({
      container: container.current,
      center: [0, 25],
      zoom: 1.4,
      maxPitch: 0,
      dragRotate: false,
      pitchWithRotate: false,
      attributionControl: credits ? { compact: false } : false,
      locale: { "Map.Title": label },
      fadeDuration: 0,
    });
    created.touchZoomRotate.disableRotation();
    created.addControl(new ScaleControl({ maxWidth: 120 }), "bottom-left");
    setMap(created);
    return () => created.remove();
  }, [container, label, credits]);
  return map;
}

function useStyle(map: MapLibreMap | null, theme: ThemeName, styleUrl: string | null) {
  const [ready, setReady] = useState<ReadyMap | null>(null);
  const [failed, setFailed] = useState(false);
  useEffect(() => {
    if (!map) return;
    const palette = PALETTES[theme];
    const begin = () => {
      addIcons(map, palette);
      setReady({ map, palette });
    };
    const give = (style: StyleSpecification | string) => {
      map.once("style.load", begin);
      map.setStyle(style, { diff: false });
    };
    let gone = false;
    map.setMissingStyleImageResolver((id) => addClusterIcon(map, id, palette));
    const stops = styleUrl ? [] : [swapDetail(map), keepGrid(map)];
    chooseStyle(theme, styleUrl).then(
      (style) => gone || give(style),
      () => setFailed(true),
    );
    return () => {
      gone = true;
      for (const stop of stops) stop();
      map.off("style.load", begin);
    };
  }, [map, theme, styleUrl]);
  return { ready, failed };
}

async function chooseStyle(theme: ThemeName, styleUrl: string | null): Promise<StyleSpecification | string> {
  if (styleUrl === null) return basemapStyle(await loadGeography(), PALETTES[theme]);
  const { Protocol } = await import("pmtiles");
  addProtocol("pmtiles", new Protocol().tile);
  return styleUrl;
}

/** Replaces the coarse coast by the fine one when someone first looks closely. */
function swapDetail(map: MapLibreMap): () => void {
  let asked = false;
  const look = async () => {
    const land = map.getSource("land");
    if (asked || map.getZoom() < DETAIL_MIN_ZOOM || !land) return;
    asked = true;
    const detail = await loadDetail();
    map.getSource<GeoJSONSource>("land")?.setData(detail.land);
    map.getSource<GeoJSONSource>("borders")?.setData(detail.borders);
  };
  map.on("idle", look);
  return () => map.off("idle", look);
}
