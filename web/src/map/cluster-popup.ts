import { type MapLayerMouseEvent, type Map as MapLibreMap, Popup } from "maplibre-gl";
import { useEffect } from "react";

const STATES = ["moving", "idling", "stopped", "offline"];

/** Under the pointer, a cluster says in words how many of its vehicles are in which state. */
export function useClusterPopup(map: MapLibreMap): void {
  useEffect(() => {
    const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 22 });
    const show = ({ features }: MapLayerMouseEvent) => {
      const feature = features?.[0];
      map.getCanvas().style.cursor = "pointer";
      if (feature?.geometry.type !== "Point" || !feature.properties.cluster) return;
      popup.setLngLat(feature.geometry.coordinates as [number, number]);
      popup.setText(words(feature.properties)).addTo(map);
    };
    const hide = () => {
      map.getCanvas().style.cursor = "";
      popup.remove();
    };
    const layers = ["clusters", "vehicles", "selected"];
    const subscriptions = [map.on("mousemove", layers, show), map.on("mouseleave", layers, hide)];
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      popup.remove();
    };
  }, [map]);
}

function words(properties: Record<string, unknown>): string {
  return STATES.filter((state) => Number(properties[state]) > 0)
    .map((state) => `${properties[state]} ${state}`)
    .join(", ");
}
