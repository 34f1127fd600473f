import type { Reprocessing } from "@milepost/sdk";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { reprocessingQuery, reprocessingsQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { underWay } from "./primary.ts";

/**
 * How far a vehicle's history is drawn anew, whoever asked for that; null if it is not. Once it is,
 * all that is shown of the vehicle is read again.
 */
export function useRedrawing(vehicleId: string, isAsked: boolean): Reprocessing | null {
  const { client } = useServices();
  const queries = useQueryClient();
  // A list that is read again on the way would no longer name what has just been finished.
  const list = useQuery({ ...reprocessingsQuery(client), enabled: isAsked, refetchOnWindowFocus: false });
  const found = underWay(list.data ?? [], vehicleId);
  const { data } = useQuery({ ...reprocessingQuery(client, found?.id ?? ""), enabled: found !== null });
  const redrawing = found && (data ?? found);
  const isUnderWay = redrawing !== null && redrawing.finishedTime === null;
  const wasUnderWay = useRef(false);
  useEffect(() => {
    if (wasUnderWay.current && !isUnderWay) void queries.invalidateQueries({ queryKey: ["vehicles", vehicleId] });
    wasUnderWay.current = isUnderWay;
  }, [isUnderWay, queries, vehicleId]);
  return redrawing;
}
