// node worker_pictures.js RUNTIME NETWORK SIDE THREADS: ONNX Runtime on a picture of SIDE x SIDE pixels of noise.
// After a first run it prints the elapsed and the user time of the faster of two, in seconds. pictures.py starts it.
const path = require('path');

const [folder, network, side, threads] = process.argv.slice(2);
const runtime = require(require.resolve('onnxruntime-node', { paths: [path.resolve(folder)] }));

async function main() {
  const session = await runtime.InferenceSession.create(network, {
    executionProviders: ['cpu'],
    intraOpNumThreads: Number(threads),
    interOpNumThreads: 1,
    graphOptimizationLevel: 'all',
  });
  const shape = [1, 3, Number(side), Number(side)];
  const values = Float32Array.from({ length: 3 * side * side }, Math.random);
  const feeds = { [session.inputNames[0]]: new runtime.Tensor('float32', values, shape) };
  await session.run(feeds);
  let fastest = [Infinity, 0];
  for (let i = 0; i < 2; ++i) {
    const before = process.cpuUsage();
    const start = process.hrtime.bigint();
    await session.run(feeds);
    const elapsed = Number(process.hrtime.bigint() - start) / 1e9;
    const user = process.cpuUsage(before).user / 1e6;
    if (elapsed < fastest[0]) fastest = [elapsed, user];
  }
  console.log(fastest.join(' '));
}

main();
