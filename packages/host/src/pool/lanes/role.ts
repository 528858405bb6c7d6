/**
 * - `normal`: takes calls and loads of any extension.
 * - `spare`: started because all other lanes were stalled. It takes nothing of the extensions that
 *   stall them, and is retired when they make progress again.
 * - `isolation`: runs one job at a time, of those whose lanes were lost repeatedly: such a job can
 *   then take no other down.
 * - `remote`: a runner of a fleet, with a pool of its own. It takes what the lanes here have no
 *   room for, and everything if there are none.
 */
export type LaneRole = 'normal' | 'spare' | 'isolation' | 'remote';
