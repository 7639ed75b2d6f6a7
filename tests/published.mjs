// JSON schemas of Stripe's published types: node published.mjs FOLDER RELEASE...
// FOLDER holds the packages, as published.py installs them; FOLDER/RELEASE.json is written.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [folder, ...releases] = process.argv.slice(2);
const generator = createRequire(join(folder, 'package.json'))('ts-json-schema-generator');

// Types of the same name in different files are different types.
const parser = generator.ExposeNodeParser.prototype;
const plainName = parser.getDefinitionName;
parser.getDefinitionName = function (node, context) {
  const file = node.getSourceFile().fileName.split('/').slice(-2).join('.');
  return `${file}:${plainName.call(this, node, context)}`;
};

const ROOT = `
import Stripe from 'stripe';
export interface Judged {
  session: Stripe.Checkout.Session;
  page: Stripe.ApiList<Stripe.Checkout.Session>;
  list: Stripe.Checkout.SessionListParams;
}
`;
const COMPILER = {
  strict: true, skipLibCheck: true, noEmit: true, types: [],
  module: 'nodenext', moduleResolution: 'nodenext', target: 'es2022', lib: ['es2022', 'dom'],
};

for (const release of releases) {
  const place = join(folder, 'releases', release);
  const tsconfig = join(place, 'tsconfig.json');
  const path = join(place, 'root.ts');
  rmSync(place, { recursive: true, force: true });
  mkdirSync(join(place, 'node_modules'), { recursive: true });
  symlinkSync(join(folder, 'node_modules', `stripe-${release}`), join(place, 'node_modules', 'stripe'));
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions: COMPILER }));
  writeFileSync(path, ROOT);
  const made = generator
    .createGenerator({ path, tsconfig, type: 'Judged', expose: 'all', jsDoc: 'none', skipTypeCheck: true })
    .createSchema('Judged');
  writeFileSync(join(folder, `${release}.json`), JSON.stringify(made));
}
