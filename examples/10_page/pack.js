// Makes the page's folder of its parts: pack.js SOURCE OUT SAMPLES. Bytes travel as base64 in scripts, because a page
// that was opened as a file may read other files in no other way.
const fs = require('fs'), path = require('path'), zlib = require('zlib');
const [source, out, samples] = process.argv.slice(2);
const parts = path.join(out, 'parts');

const base64 = file => fs.readFileSync(file).toString('base64');
const write = (name, value) =>
  fs.writeFileSync(path.join(out, name + '.js'), `depixParts[${JSON.stringify(name)}]=${JSON.stringify(value)};\n`);

// Browsers that have SIMD nearly all unpack gzip, too; for the others there is the scalar engine as it is.
for (const name of ['engine', 'trainer']) {
  write(name + '-simd', zlib.gzipSync(fs.readFileSync(path.join(parts, name + '-simd.wasm')), {level: 9}).toString('base64'));
  write(name + '-scalar', base64(path.join(parts, name + '-scalar.wasm')));
}
for (const file of fs.readdirSync(parts).filter(name => name.endsWith('.f16')))
  write('weights-' + path.basename(file, '.f16'), base64(path.join(parts, file)));
write('samples', fs.readdirSync(samples).filter(name => name.endsWith('.png')).sort()
  .map(name => 'data:image/png;base64,' + base64(path.join(samples, name))));

for (const name of fs.readdirSync(source).filter(name => /\.(js|css)$/.test(name) && name !== 'pack.js'))
  fs.copyFileSync(path.join(source, name), path.join(out, name));
fs.copyFileSync(path.join(source, 'page.html'), path.join(out, 'index.html'));
