import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useRouterState } from "@tanstack/react-router";
import { useEffect, useSyncExternalStore } from "react";
import { callerQuery } from "#api/queries.ts";
import { followFleet, useServices } from "#api/services.ts";
import { FactorMissing } from "#features/account/FactorMissing.tsx";
import { IconButton } from "#ui/controls.tsx";
import { Icon, type IconName } from "#ui/Icon.tsx";
import { Logo } from "#ui/Logo.tsx";
import { type ThemeChoice, useTheme } from "#ui/theme.ts";
import { Connection } from "./Connection.tsx";
import "./shell.css";

/** The frame of every signed-in page; the live connection lives as long as it does. */
export function Shell() {
  const services = useServices();
  const { data: caller, isPending } = useQuery(callerQuery(services.client));
  const isLocked = caller?.secondFactorMissing ?? false;
  const mayFollow = !isPending && !isLocked;
  useEffect(() => (mayFollow ? followFleet(services) : undefined), [services, mayFollow]);
  useLeaveWhenSignedOut();
  useFocusOnNavigation();
  return (
    <div className="shell">
      <a className="skip-link" href="#main">
        Skip to the page
      </a>
      <header className="bar">
        <Link to="/" className="bar-home">
          <Logo />
          <span>Milepost</span>
        </Link>
        {!isLocked && <Pages />}
        <div className="bar-end">
          {!isLocked && <Connection />}
          {!isLocked && <AccountLink />}
          <ThemeButton />
          <span className="bar-sign-out">
            <SignOutButton />
          </span>
        </div>
      </header>
      <main id="main" tabIndex={-1}>
        {isLocked ? <FactorMissing /> : <Outlet />}
      </main>
    </div>
  );
}

function Pages() {
  return (
    <nav aria-label="Pages" className="bar-nav">
      <Link to="/" activeOptions={{ exact: true, includeSearch: false }}>
        Map
      </Link>
      <Link to="/vehicles">Vehicles</Link>
      <Link to="/devices">Devices</Link>
    </nav>
  );
}

function AccountLink() {
  return (
    <Link to="/account" className="button" data-variant="quiet" data-icon aria-label="Your account">
      <Icon name="person" />
    </Link>
  );
}

/** The session ended, here or in another tab, or could not be renewed. */
function useLeaveWhenSignedOut(): void {
  const { sessions, live, fleet } = useServices();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const signedIn = useSyncExternalStore(
    (listener) => sessions.subscribe(listener),
    () => sessions.read() !== null,
  );
  useEffect(() => {
    if (signedIn) return;
    live.disconnect();
    fleet.clear();
    queries.clear();
    navigate({ to: "/sign-in", search: { next: location.pathname + location.search } });
  }, [signedIn, live, fleet, queries, navigate]);
}

/** A new page starts at its top for the keyboard too. */
function useFocusOnNavigation(): void {
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useEffect(() => {
    if (path && document.activeElement !== document.body) document.getElementById("main")?.focus();
  }, [path]);
}

const THEME_ICONS: Readonly<Record<ThemeChoice, IconName>> = { system: "screen", dark: "moon", light: "sun" };

function ThemeButton() {
  const { store, choice } = useTheme();
  const label = `Theme: ${choice}. Change`;
  return <IconButton variant="quiet" icon={THEME_ICONS[choice]} label={label} onPress={() => store.chooseNext()} />;
}

function SignOutButton() {
  const { client } = useServices();
  return <IconButton variant="quiet" icon="signOut" label="Sign out" onPress={() => void client.signOut()} />;
}
