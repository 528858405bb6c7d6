import { runConformance } from './suite.js';

/** The engine in this thread: coverage sees it. */
runConformance('inline');
