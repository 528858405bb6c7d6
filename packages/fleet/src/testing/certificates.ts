import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Files in PEM: a certificate and its key. */
export interface CertificateFiles {
  certFile: string;
  keyFile: string;
}

/** An authority of one test. It needs `openssl`. */
export class Authority {
  readonly #folder: string;
  readonly #name: string;
  readonly #own: CertificateFiles;

  /** @param folder that it writes into. */
  constructor(folder: string, name: string) {
    this.#folder = folder;
    this.#name = name;
    this.#own = this.#make(name, ['-x509']);
  }

  get caFile(): string {
    return this.#own.certFile;
  }

  /** A certificate of its making. @param names that it is for, as openssl writes them */
  issue(name: string, names = 'IP:127.0.0.1'): CertificateFiles {
    const { certFile, keyFile } = this.#own;
    const args = ['-x509', '-CA', certFile, '-CAkey', keyFile, '-addext', `subjectAltName=${names}`];
    return this.#make(`${this.#name}-${name}`, args);
  }

  #make(name: string, args: readonly string[]): CertificateFiles {
    const files = { certFile: join(this.#folder, `${name}.pem`), keyFile: join(this.#folder, `${name}.key`) };
    const curve = [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
    ];
    const into = ['-out', files.certFile, '-keyout', files.keyFile];
    execFileSync('openssl', ['req', ...curve, ...into, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
    return files;
  }
}
