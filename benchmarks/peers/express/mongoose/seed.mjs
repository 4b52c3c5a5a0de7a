// node seed.mjs URL CITY.json: makes the indexes, and stores the same documents that SupportCarr was given.
import { readFileSync } from "node:fs";
import { connect, Message, MODELS, Trail } from "./models.mjs";

const [url, city] = process.argv.slice(2);
const mongo = await connect(url);
const documents = JSON.parse(readFileSync(city, "utf8"));
for (const [name, model] of Object.entries(MODELS)) {
  await model.createIndexes();
  await model.insertMany((documents[name] ?? []).map(({ id, ...fields }) => ({ _id: id, ...fields })));
}
await Message.createIndexes();
await Trail.createIndexes();
await mongo.disconnect();
