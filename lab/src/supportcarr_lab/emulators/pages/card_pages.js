const given = new URLSearchParams("secret=" + location.hash.slice(1));
const secret = given.get("secret") || "";
const id = secret.split("_secret_")[0];
const problem = document.getElementById("problem");
function back(name, status) {
  let target;
  try { target = new URL(given.get("return") || ""); } catch { target = null; }
  const near = ["localhost", "127.0.0.1", "[::1]", location.hostname];
  if (!target || !/^https?:$/.test(target.protocol) || !near.includes(target.hostname)) {
    problem.textContent = "Done. You can close this page.";
    return;
  }
  target.searchParams.set(name, id);
  target.searchParams.set("redirect_status", status);
  location.replace(target);
}
async function send(path, body) {
  problem.textContent = "";
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const result = await answer.json();
  if (!answer.ok) throw new Error((result.error && result.error.message) || "That did not work.");
  return result;
}
const guarded = (act) => async (event) => {
  event.preventDefault();
  try { await act(event); } catch (error) { problem.textContent = error.message; problem.focus(); }
};
