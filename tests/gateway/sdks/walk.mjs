// Stripe's own Node SDK walks a gateway. Arguments: the folder it is installed in, port, token, limit, limit.
// Writes one line of JSON: what it found.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, port, token, limit] = process.argv.slice(2);
const Stripe = createRequire(join(folder, 'package.json'))('stripe');
const client = new (Stripe.default ?? Stripe)(token, {
  host: '127.0.0.1',
  port: Number(port),
  protocol: 'http',
  telemetry: false,
});

async function walk(parameters) {
  const found = [];
  for await (const session of client.checkout.sessions.list(parameters)) found.push(session.id);
  return found;
}

async function failure(work) {
  try {
    await work();
  } catch (error) {
    return [error.type, error.statusCode, error.code ?? null, typeof error.requestId];
  }
}

const forward = await walk({ limit: Number(limit) });
const told = {
  forward,
  wide: await walk({ limit: 100 }),
  backward: await walk({ limit: Number(limit), ending_before: forward.at(-1) }),
  again: (await client.checkout.sessions.retrieve(forward[0])).id,
  complete: await walk({ limit: 10, status: 'complete' }),
  missing: await failure(() => client.checkout.sessions.retrieve('cs_test_nothing')),
  stranger: await failure(() =>
    new (Stripe.default ?? Stripe)('sk_test_obviously_fake', {
      host: '127.0.0.1', port: Number(port), protocol: 'http', telemetry: false,
    }).checkout.sessions.list(),
  ),
  writing: await failure(() => client.checkout.sessions.create({ mode: 'payment' })),
};
console.log(JSON.stringify(told));
