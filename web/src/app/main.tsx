import "#ui/styles.css";
import { ApiProblem } from "@milepost/sdk";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createServices, ServicesProvider } from "#api/services.ts";
import { ThemeProvider, ThemeStore } from "#ui/theme.ts";
import { createAppRouter } from "./router.tsx";

const root = document.getElementById("root");
if (root) start(root);

function start(element: HTMLElement): void {
  const services = createServices(localStorage, location.origin);
  const themes = new ThemeStore(localStorage, matchMedia("(prefers-color-scheme: light)"));
  const queries = new QueryClient({ defaultOptions: { queries: { retry: shouldRetry } } });
  const router = createAppRouter(services);
  addEventListener("storage", () => services.sessions.reload());
  addEventListener("online", () => services.live.retryNow());
  createRoot(element).render(
    <StrictMode>
      <ServicesProvider value={services}>
        <ThemeProvider value={themes}>
          <QueryClientProvider client={queries}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </ThemeProvider>
      </ServicesProvider>
    </StrictMode>,
  );
}

/** What the server refused it refuses again; a lost connection is worth another try. */
function shouldRetry(failures: number, error: Error): boolean {
  return failures < 3 && !(error instanceof ApiProblem && error.status < 500);
}
