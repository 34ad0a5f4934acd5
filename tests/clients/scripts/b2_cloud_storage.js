// The npm package b2-cloud-storage: node b2_cloud_storage.js KEY_ID KEY
const fs = require("fs");
const { promisify } = require("util");
const B2CloudStorage = require("b2-cloud-storage");

const [accountId, applicationKey] = process.argv.slice(2);
const b2 = new B2CloudStorage({ auth: { accountId, applicationKey } });
const call = (name, ...parameters) => promisify(b2[name].bind(b2))(...parameters);
const fileName = "a folder/hello+é.txt";

(async () => {
  await call("authorize");
  const { bucketId } = await call("createBucket", { bucketName: "made-by-b2-cloud-storage", bucketType: "allPrivate" });
  fs.writeFileSync("hello.txt", "hello world");
  const { fileId } = await call("uploadFile", "hello.txt", { bucketId, fileName, contentType: "text/plain" });
  const { files } = await call("listFileNames", { bucketId, maxFileCount: 100 });
  console.log(files.map((file) => file.fileName).join());
  console.log(String(await call("downloadFileById", { fileId })));
  await call("deleteFileVersion", { fileName, fileId });
  await call("deleteBucket", bucketId);
  console.log("done");
})();
