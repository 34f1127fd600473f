import { createRootRoute, createRoute, createRouter, redirect } from "@tanstack/react-router";
import type { Services } from "#api/services.ts";
import { AccountPage } from "#features/account/AccountPage.tsx";
import { DevicePage } from "#features/device/DevicePage.tsx";
import { DevicesPage } from "#features/devices/DevicesPage.tsx";
import { FleetTablePage } from "#features/fleet/FleetTablePage.tsx";
import { LivePage } from "#features/live/LivePage.tsx";
import { SignInPage } from "#features/signin/SignInPage.tsx";
import { VehiclePage } from "#features/vehicle/VehiclePage.tsx";
import { NotFound } from "./NotFound.tsx";
import { Shell } from "./Shell.tsx";

export interface LiveSearch {
  readonly vehicle?: string | undefined;
}

export interface VehicleSearch {
  /** The day shown, `YYYY-MM-DD`, in the browser's zone. */
  readonly day?: string | undefined;
  /** The trip or stop that is picked out. */
  readonly part?: string | undefined;
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

export function createAppRouter(services: Services) {
  const root = createRootRoute({ notFoundComponent: NotFound });
  const signIn = createRoute({
    getParentRoute: () => root,
    path: "/sign-in",
    component: SignInPage,
    validateSearch: ({ next }) => ({ next: text(next) }),
  });
  const shell = createRoute({
    getParentRoute: () => root,
    id: "shell",
    component: Shell,
    beforeLoad: ({ location }) => {
      if (!services.sessions.read()) throw redirect({ to: "/sign-in", search: { next: location.href } });
    },
  });
  const live = createRoute({
    getParentRoute: () => shell,
    path: "/",
    component: LivePage,
    validateSearch: ({ vehicle }): LiveSearch => ({ vehicle: text(vehicle) }),
  });
  const vehicles = createRoute({ getParentRoute: () => shell, path: "/vehicles", component: FleetTablePage });
  const vehicle = createRoute({
    getParentRoute: () => shell,
    path: "/vehicles/$vehicleId",
    component: VehiclePage,
    validateSearch: ({ day, part }): VehicleSearch => ({ day: text(day), part: text(part) }),
  });
  const devices = createRoute({ getParentRoute: () => shell, path: "/devices", component: DevicesPage });
  const device = createRoute({ getParentRoute: () => shell, path: "/devices/$deviceId", component: DevicePage });
  const account = createRoute({ getParentRoute: () => shell, path: "/account", component: AccountPage });
  return createRouter({
    routeTree: root.addChildren([signIn, shell.addChildren([live, vehicles, vehicle, devices, device, account])]),
    defaultPreload: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
