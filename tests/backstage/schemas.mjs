// The lock of this folder in; every JSON schema of Backstage's own entities, in one file, out.
// Only two small packages are fetched, at the versions and with the digests of the lock: it takes a second.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const lock = JSON.parse(readFileSync(join(import.meta.dirname, 'package-lock.json'), 'utf8'));
const require = createRequire(import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'backstage-schemas-'));
const schemas = [];
try {
  for (const name of ['@backstage/catalog-model', '@backstage/plugin-scaffolder-common']) {
    const { version, integrity } = lock.packages[`node_modules/${name}`];
    const options = { cwd: folder, encoding: 'utf8', shell: process.platform === 'win32' };
    const file = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], options).trim();
    const digest = `sha512-${createHash('sha512').update(readFileSync(join(folder, file))).digest('base64')}`;
    if (digest !== integrity) throw new Error(`${file} is not the one of package-lock.json`);
    execFileSync('tar', ['-xzf', file], { cwd: folder });
    const dist = join(folder, 'package', 'dist');
    for (const path of readdirSync(dist, { recursive: true }).filter(each => each.endsWith('.schema.json.cjs.js')))
      schemas.push(require(join(dist, path)).default);
    rmSync(join(folder, 'package'), { recursive: true });
  }
} finally {
  rmSync(folder, { recursive: true });
}
mkdirSync(dirname(process.argv[2]), { recursive: true });
writeFileSync(process.argv[2], JSON.stringify(schemas.sort((a, b) => (a.$id < b.$id ? -1 : 1)), null, 1));
