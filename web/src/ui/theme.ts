import { createContext, useContext, useSyncExternalStore } from "react";

export type ThemeChoice = "system" | "dark" | "light";
export type Theme = "dark" | "light";

const KEY = "milepost.theme";
const CHOICES: readonly ThemeChoice[] = ["system", "dark", "light"];

/** The theme chosen here, or the system's; written to the page's root for CSS. */
export class ThemeStore {
  readonly #storage: Storage;
  readonly #prefersLight: MediaQueryList;
  readonly #listeners = new Set<() => void>();

  constructor(storage: Storage, prefersLight: MediaQueryList) {
    this.#storage = storage;
    this.#prefersLight = prefersLight;
    prefersLight.addEventListener("change", () => this.#changed());
    this.#changed();
  }

  readonly choice = (): ThemeChoice => {
    const stored = this.#storage.getItem(KEY);
    return CHOICES.find((choice) => choice === stored) ?? "system";
  };

  readonly theme = (): Theme => {
    const choice = this.choice();
    if (choice !== "system") return choice;
    return this.#prefersLight.matches ? "light" : "dark";
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  choose(choice: ThemeChoice): void {
    this.#storage.setItem(KEY, choice);
    this.#changed();
  }

  /** System, dark, light, and round again. */
  chooseNext(): void {
    this.choose(CHOICES[(CHOICES.indexOf(this.choice()) + 1) % CHOICES.length] ?? "system");
  }

  #changed(): void {
    document.documentElement.dataset.theme = this.theme();
    for (const listener of this.#listeners) listener();
  }
}

const ThemeContext = createContext<ThemeStore | null>(null);
export const ThemeProvider = ThemeContext.Provider;

export function useTheme(): { store: ThemeStore; choice: ThemeChoice; theme: Theme } {
  const store = useContext(ThemeContext);
  if (!store) throw new Error("useTheme outside ThemeProvider");
  const choice = useSyncExternalStore(store.subscribe, store.choice);
  const theme = useSyncExternalStore(store.subscribe, store.theme);
  return { store, choice, theme };
}
