// Stripe's own Node SDK walks a gateway. Arguments: the folder it is installed in, port, and a list of
// tokens with the limits of their pages. Writes one line of JSON: what it found with each token.
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, port, asked] = process.argv.slice(2);
const Stripe = createRequire(join(folder, 'package.json'))('stripe');
const clientOf = (token) =>
  new (Stripe.default ?? Stripe)(token, {
    host: '127.0.0.1', port: Number(port), protocol: 'http', telemetry: false,
  });

async function walk(client, parameters) {
  const found = [];
  for await (const session of client.checkout.sessions.list(parameters)) found.push(session);
  return found;
}

async function failure(work) {
  try {
    await work();
  } catch (error) {
    return [error.type, error.statusCode, error.code ?? null, typeof error.requestId];
  }
}

const named = (session) => [session.unified_checkout.account, session.unified_checkout.id];

async function walked(token, limits) {
  const client = clientOf(token);
  const told = { forward: [], backward: [] };
  for (const limit of limits) {
    const forward = await walk(client, { limit });
    told.forward.push(forward.map(named));
    const back = await walk(client, { limit, ending_before: forward.at(-1).id });
    told.backward.push(back.map(named));
    const one = { limit: limits.length > 1 ? 1 : limit, ending_before: forward[3].id };
    told.few = (await walk(client, one)).map(named);
    told.again = named(await client.checkout.sessions.retrieve(forward[0].id));
    told.first = named(forward[0]);
  }
  return told;
}

const tokens = JSON.parse(asked);
const told = await Promise.all(tokens.map(([token, limits]) => walked(token, limits)));
const client = clientOf(tokens[0][0]);
const failures = [
  await failure(() => client.checkout.sessions.retrieve('cs_test_nothing')),
  await failure(() => clientOf('sk_test_obviously_fake').checkout.sessions.list()),
  await failure(() => client.checkout.sessions.create({ mode: 'payment' })),
];
console.log(JSON.stringify({ told, failures }));
