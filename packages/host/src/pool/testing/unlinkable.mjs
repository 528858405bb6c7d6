// A thread file that cannot be linked, as after an update that went half way.
import { noSuchExport } from '@sandglass/core';

export default noSuchExport;
