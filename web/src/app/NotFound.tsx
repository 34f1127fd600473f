import { Link } from "@tanstack/react-router";
import { useTitle } from "#ui/hooks.ts";

export function NotFound() {
  useTitle("No such page");
  return (
    <main className="notice">
      <h1>There is no such page</h1>
      <Link className="button" data-variant="primary" to="/">
        To the map
      </Link>
    </main>
  );
}
