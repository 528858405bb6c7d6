// A preload for both sides: every name leads to loopback, and port 443 to the upstream's, whose certificate is trusted.
const dns = require('node:dns');
const fs = require('node:fs');
const tls = require('node:tls');

const { UPSTREAM_TLS_PORT: port, UPSTREAM_CA: ca } = process.env;
const { lookup } = dns;
dns.lookup = (name, options, callback) => {
  const answer = typeof options === 'function' ? options : callback;
  if (name === 'localhost') return lookup(name, options, callback);
  const isAll = typeof options === 'object' && options !== null && options.all === true;
  process.nextTick(() => (isAll ? answer(null, [{ address: '127.0.0.1', family: 4 }]) : answer(null, '127.0.0.1', 4)));
  return {};
};

const { connect } = tls;
tls.connect = (...args) => {
  const [options] = args;
  if (port && typeof options === 'object' && Number(options.port) === 443) {
    args[0] = { ...options, port: Number(port), ca: [fs.readFileSync(ca)] };
  }
  return connect(...args);
};
