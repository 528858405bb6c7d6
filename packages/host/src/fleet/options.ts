/** Credentials of a node at NATS: exactly one of these. */
export type FleetCredentials =
  | { user: string; password: string }
  | { token: string }
  /** Path of a file with the seed of an nkey. */
  | { nkeyFile: string }
  /** Path of a `.creds` file: a JWT and its seed. */
  | { credsFile: string };

/** Files in PEM; a relative path is of the working directory. */
export interface FleetTls {
  /** Authorities that the server's certificate may be of. @default the system's */
  caFile?: string | undefined;
  /** This node's own certificate, with `keyFile`. */
  certFile?: string | undefined;
  keyFile?: string | undefined;
}

/** Servers of a fleet, and the name and credentials of this node. */
export interface FleetOptions {
  /** One or more of `nats://host:port` or `tls://host:port`; the first that answers is taken. */
  servers: string | readonly string[];
  /** @default none */
  credentials?: FleetCredentials | undefined;
  /**
   * Insists on TLS, as one of the `servers` with `tls://` does for all. @default what the server
   * wants
   */
  tls?: FleetTls | undefined;
  /**
   * Name of this node, as `sandglass fleet status` shows it: letters, digits, `-` and `_`. @default
   * the machine's name and eight random digits
   */
  name?: string | undefined;
  /**
   * Prefix of the names of subjects, streams and buckets, for several fleets on one server:
   * letters, digits, `-` and `_`. @default 'sandglass'
   */
  prefix?: string | undefined;
  /** Durable work that this node runs at once; 0 for none. 0 to 10_000. @default 32 */
  maxWork?: number | undefined;
  /**
   * How long to wait for the first connection, and for each answer of the server. 100 to 60_000.
   * @default 5_000
   */
  timeoutMs?: number | undefined;
}
