// The npm package backblaze-b2: node backblaze_b2.js KEY_ID KEY
const B2 = require("backblaze-b2");

const [applicationKeyId, applicationKey] = process.argv.slice(2);
const fileName = "a folder/hello+é.txt";

(async () => {
  const b2 = new B2({ applicationKeyId, applicationKey });
  await b2.authorize();
  const { bucketId, bucketName } = (await b2.createBucket("made-by-backblaze-b2", "allPrivate")).data;
  const { uploadUrl, authorizationToken } = (await b2.getUploadUrl(bucketId)).data;
  const upload = { uploadUrl, uploadAuthToken: authorizationToken, fileName, data: Buffer.from("hello world") };
  const { fileId } = (await b2.uploadFile(upload)).data;
  const listing = { bucketId, maxFileCount: 100, startFileName: "", prefix: "", delimiter: "" };
  console.log((await b2.listFileNames(listing)).data.files.map((file) => file.fileName).join());
  const byId = await b2.downloadFileById({ fileId, responseType: "arraybuffer" });
  const byName = await b2.downloadFileByName({ bucketName, fileName, responseType: "arraybuffer" });
  if (Buffer.compare(byId.data, byName.data) === 0) console.log(String(byId.data));
  await b2.deleteFileVersion({ fileId, fileName });
  await b2.deleteBucket({ bucketId });
  console.log("done");
})();
