/** Loaded before anything else (`node --require`): whoever wants to talk to another machine fails. */
const net = require('node:net');

net.Socket.prototype.connect = () => {
  throw new Error('no network here');
};
