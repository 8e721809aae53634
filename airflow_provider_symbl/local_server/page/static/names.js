// Names of conversations: what a person looks for first, the file, and where it comes from.

const OF_A_TASK = /^([\w.-]+) ([\w.-]+) (\S+__\d{4}-\S+) (?:(.+) )?\([0-9a-f]{8}\)$/;
const OF_A_NIGHT = /^(.+) \([0-9a-f]{8,}\)$/;

/**
 * Take the name apart that Airflow's operators give: "DAG task run file (token)", or "folder/file (token)".
 * @param {string} name
 * @returns {{file: string, from: string}} the file, or the whole name of others; and DAG, task and run, or the folder
 */
export function partsOf(name) {
  const [, dag, task, run, path] = OF_A_TASK.exec(name) ?? [];
  if (dag) return { file: path ? fileOf(path) : task, from: [dag, ...(path ? [task] : []), run].join(" · ") };
  const [, recording] = OF_A_NIGHT.exec(name) ?? [];
  if (!recording?.includes("/")) return { file: recording?.includes(".") ? recording : name, from: "" };
  return { file: fileOf(recording), from: recording.slice(0, recording.lastIndexOf("/")) };
}

function fileOf(path) {
  return path.slice(path.lastIndexOf("/") + 1) || path;
}
