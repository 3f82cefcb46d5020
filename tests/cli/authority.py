"""A timestamp authority for tests: RFC 3161 over HTTP, by `openssl ts`. Prints its port.

  authority.py FOLDER         its keys and certificates are made in the folder, once; then it serves
  authority.py FOLDER make    they are made, and no more
"""
import http.server
import os
import pathlib
import subprocess
import sys
import tempfile

CONFIG = """
[tsa]
default_tsa = authority
[authority]
serial = serial
crypto_device = builtin
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
MAKE = """
set -e
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj "/CN=$1 root" -days 3650
openssl req -newkey rsa:2048 -nodes -keyout tsa.key -out tsa.csr -subj "/CN=$1 timestamps"
printf extendedKeyUsage=critical,timeStamping >extensions
openssl x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile extensions -out tsa.pem
echo 01 >serial
"""


class Authority(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        query = self.rfile.read(int(self.headers["Content-Length"]))
        well = self.headers["Content-Type"] == "application/timestamp-query"
        with tempfile.NamedTemporaryFile() as file:
            file.write(query)
            file.flush()
            answer = subprocess.run(["openssl", "ts", "-reply", "-queryfile", file.name, "-config", "tsa.cnf"],
                                    capture_output=True).stdout
        self.send_response(200 if well and answer else 400)
        self.send_header("Content-Type", "application/timestamp-reply")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
if not (folder / "serial").exists():
    (folder / "tsa.cnf").write_text(CONFIG)
    subprocess.run(["bash", "-c", MAKE, "make", folder.name], cwd=folder, check=True, capture_output=True)
if len(sys.argv) == 2:
    os.chdir(folder)
    server = http.server.HTTPServer(("127.0.0.1", 0), Authority)
    print(server.server_port, flush=True)
    server.serve_forever()
