declare module "virtual:places" {
  /** Name, longitude and latitude in degrees, population; the most populous first. */
  const places: ReadonlyArray<readonly [string, number, number, number]>;
  export default places;
}
