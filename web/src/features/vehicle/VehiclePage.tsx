import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import { vehicleQuery } from "#api/queries.ts";
import { useServices } from "#api/services.ts";
import { useTitle } from "#ui/hooks.ts";
import { Failure, Loading } from "#ui/Notice.tsx";
import { DayPicker } from "./DayPicker.tsx";
import { DayView } from "./DayView.tsx";
import { dayOf, parseDay } from "./day.ts";
import { VehicleHeader } from "./VehicleHeader.tsx";
import "./vehicle.css";
import "./playback.css";

/** One vehicle's day: its track, trips and stops, played back. */
export function VehiclePage() {
  const { vehicleId } = useParams({ from: "/shell/vehicles/$vehicleId" });
  const { client } = useServices();
  const { data: vehicle, isPending, error, refetch } = useQuery(vehicleQuery(client, vehicleId));
  const { day, part, choose } = useChoice();
  useTitle(vehicle?.name ?? "Vehicle");
  if (isPending) return <Loading what="the vehicle" />;
  if (error) {
    return (
      <div className="vehicle-failed">
        <h1 className="visually-hidden">Vehicle</h1>
        <Failure what="The vehicle" error={error} onRetry={refetch} />
        <Link to="/">Back to the map</Link>
      </div>
    );
  }
  return (
    <DayView
      key={`${vehicleId} ${day}`}
      vehicle={vehicle}
      day={day}
      partId={part}
      onPart={(id) => choose(day, id)}
      head={
        <>
          <VehicleHeader vehicle={vehicle} day={day} />
          <DayPicker day={day} onDay={(next) => choose(next, null)} />
        </>
      }
    />
  );
}

/** The day and the picked part are in the address, so that they can be shared and gone back to. */
function useChoice() {
  const search = useSearch({ from: "/shell/vehicles/$vehicleId" });
  const navigate = useNavigate({ from: "/vehicles/$vehicleId" });
  const choose = useCallback(
    (day: string, part: string | null) => void navigate({ search: { day, part: part ?? undefined }, replace: true }),
    [navigate],
  );
  return { day: parseDay(search.day) ?? dayOf(new Date()), part: search.part ?? null, choose };
}
