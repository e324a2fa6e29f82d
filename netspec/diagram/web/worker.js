// After Viz.js in one worker: DOT text comes in, SVG or what went wrong goes out.
const viz = Viz.instance();
onmessage = async ({ data }) => {
  try {
    const done = (await viz).render(data, { engine: "dot", format: "svg" });
    postMessage(
      done.status === "success"
        ? { svg: done.output }
        : { error: done.errors.map((e) => e.message).join("; ") },
    );
  } catch (error) {
    postMessage({ error: String(error) });
  }
};
