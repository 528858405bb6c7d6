/**
 * - `normal`: takes what there is.
 * - `spare`: started because all others were stalled. It takes nothing of the extensions that stall
 *   them, and goes when they go on.
 * - `isolation`: runs one job at a time, of those whose lanes were lost again and again: none of
 *   them can take others down.
 * - `remote`: a runner of a fleet, with a pool of its own. It takes what the lanes here have no
 *   room for, and everything if there are none.
 */
export type LaneRole = 'normal' | 'spare' | 'isolation' | 'remote';
