// Stripe's own Node SDK retrieves single sessions. Arguments: the folder it is installed in, port, and a
// list of tokens and ids. Writes one line of JSON: what each session tells.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, port, asked] = process.argv.slice(2);
const Stripe = createRequire(join(folder, 'package.json'))('stripe');
const told = await Promise.all(
  JSON.parse(asked).map(([token, id]) =>
    new (Stripe.default ?? Stripe)(token, {
      host: '127.0.0.1', port: Number(port), protocol: 'http', telemetry: false,
    }).checkout.sessions.retrieve(id),
  ),
);
console.log(JSON.stringify(told));
