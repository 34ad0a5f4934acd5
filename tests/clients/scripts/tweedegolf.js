// The adapter for B2 of the npm package @tweedegolf/storage-abstraction: node tweedegolf.js KEY_ID KEY
const { Storage } = require("@tweedegolf/storage-abstraction");

const [applicationKeyId, applicationKey] = process.argv.slice(2);
const bucketName = "made-by-tweedegolf";
const targetPath = "a folder/hello+é.txt";

const value = ({ value, error }) => {
  if (error) throw new Error(error);
  return value;
};

(async () => {
  const storage = new Storage({ provider: "backblaze", applicationKeyId, applicationKey });
  value(await storage.createBucket(bucketName));
  value(await storage.addFileFromBuffer({ bucketName, buffer: Buffer.from("hello world"), targetPath }));
  console.log(value(await storage.listFiles(bucketName)).map(([name]) => name).join());
  let content = "";
  for await (const block of value(await storage.getFileAsStream(bucketName, targetPath))) content += block;
  console.log(content);
  value(await storage.removeFile(bucketName, targetPath));
  value(await storage.deleteBucket(bucketName));
  console.log("done");
})();
