// Pictures on their way: made smaller where the browser can decode them, else sent as they are.
const LONGEST = 2560;
const QUALITY = 0.85;
const SMALL = 1024 * 1024;

/**
 * A copy of the file in this page's own memory, {name, blob}: a picture upright, at most 2560 pixels
 * long and without its metadata; what the browser cannot decode (HEIC in most) as it came.
 */
export async function shrink(file) {
  const asItIs = async () => ({ name: file.name, blob: new Blob([await file.arrayBuffer()], { type: file.type }) });
  if (!file.type.startsWith("image/") || file.type === "image/svg+xml" || file.type === "image/gif") return asItIs();
  let picture;
  try { picture = await createImageBitmap(file, { imageOrientation: "from-image" }); } catch { return asItIs(); }
  const share = Math.min(1, LONGEST / Math.max(picture.width, picture.height));
  if (share === 1 && file.size <= SMALL) {
    picture.close();
    return asItIs();
  }
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * share);
  canvas.height = Math.round(picture.height * share);
  const pen = canvas.getContext("2d");
  pen.fillStyle = "white";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const blob = await new Promise((done) => { canvas.toBlob(done, "image/jpeg", QUALITY); });
  if (!blob || (share === 1 && blob.size >= file.size)) return asItIs();
  return { name: file.name.replace(/\.\w+$/, "") + ".jpg", blob };
}
