import { runConformance } from './suite.js';

/** The same rows through worker threads. */
runConformance('threads');
