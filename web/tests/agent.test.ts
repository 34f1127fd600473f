import { expect, test } from "vitest";
import { agentName } from "#features/account/agent.ts";

const CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

test.each([
  [CHROME, "Chrome on Linux"],
  [CHROME.replace("Chrome", "HeadlessChrome"), "Chrome on Linux"],
  [`${CHROME} Edg/140.0.0.0`, "Edge on Linux"],
  ["Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1",
    "Safari on iOS",
  ],
  ["python-httpx/0.28.1", "python-httpx/0.28.1"],
  ["", "Unknown"],
])("%s is %s", (userAgent, name) => {
  expect(agentName(userAgent)).toBe(name);
});
