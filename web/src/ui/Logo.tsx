export function Logo() {
  return (
    <svg className="logo" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent-strong)" />
      <path d="M9 25V10.5L16 5l7 5.5V25h-4V12.6l-3-2.3-3 2.3V25z" fill="var(--on-accent)" />
    </svg>
  );
}
