/** The least that piscina can run. */
export default function emptyTask(): null {
  return null;
}
