export function FleetTablePage() {
  return null;
}
