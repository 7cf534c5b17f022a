#!/bin/bash
# Records HTTP/1.x between real programs: nginx, Python's http.server, tinyproxy and the npm package ws
# as servers; curl, ws and a pipelining client of ours (pipeline.py) as clients.
# Usage: record.sh all | record.sh SCENARIO...
. "$(dirname "$0")/../record/lan.sh"

WEB=10.10.10.8 PROXY=10.10.10.9 CLIENT=10.10.40.31
NGINX="$(version nginx-light), $(version curl)"
NPM_WS=ws@8.18.0
all="nginx bodies pipelined python proxy websocket"

lan() {
    lan_up
    lan_host web $WEB/16 f8:b1:56:10:00:08
    lan_host proxy $PROXY/16 f8:b1:56:10:00:09
    lan_host client $CLIENT/16 f8:b1:56:40:00:31
}

nginx_up() { # nginx on ports 80 and 8081 (where uploads are taken)
    mkdir -p "$scratch/www/manual" "$scratch/tmp"
    chmod 755 "$scratch" "$scratch/www" "$scratch/www/manual"
    printf '<html><body>Monitoring gateway</body></html>\n' >"$scratch/www/index.html"
    seq 1 900 >"$scratch/www/manual/list.txt"
    printf 'firmware of a pump' >"$scratch/www/update.bin"
    printf 'nurse:$apr1$ww$CNVXkEtUTCRBLhA9rPrmE1\n' >"$scratch/users"
    cat >"$scratch/nginx.conf" <<CFG
daemon off; master_process off; pid $scratch/nginx.pid; error_log $scratch/nginx.log; user root;
events { worker_connections 64; }
http {
  access_log off; default_type text/plain; root $scratch/www;
  types { text/html html; text/plain txt; application/octet-stream bin; }
  client_body_temp_path $scratch/tmp; proxy_temp_path $scratch/tmp; fastcgi_temp_path $scratch/tmp;
  uwsgi_temp_path $scratch/tmp; scgi_temp_path $scratch/tmp;
  gzip on; gzip_types text/plain; gzip_min_length 1000; gzip_http_version 1.1;
  server {
    listen 80;
    location /admin { auth_basic "ward"; auth_basic_user_file $scratch/users; }
    location /upload { dav_methods PUT DELETE; create_full_put_path on; client_max_body_size 1m; }
    location /old { return 302 http://$WEB/manual/list.txt; }
  }
}
CFG
    in_ns_bg web nginx -c "$scratch/nginx.conf"
    wait_listen web 80
}

get() { in_ns client curl -s -o /dev/null "$@" || true; }

scenario_nginx() {
    lan; nginx_up; lan_record nginx.pcap
    get http://$WEB/ --next -s -o /dev/null http://$WEB/update.bin --next -s -o /dev/null http://$WEB/patients/CANARY --next \
        -s -I http://$WEB/manual/list.txt
    get -z "$scratch/www/index.html" http://$WEB/index.html
    get -r 0-5 http://$WEB/update.bin
    get -u nurse:wrong http://$WEB/admin/
    get http://$WEB/admin/
    get -H 'Cookie: session=CANARY0001' -A 'Mozilla/5.0 (Windows NT 6.1; MSIE 8.0) WardView/2.1' "http://$WEB/index.html?PatientName=CANARY&id=1"
    get -X OPTIONS http://$WEB/
    get http://$WEB/old
    lan_done "$NGINX" "GET on one connection, HEAD, 304, 206, 401 with and without a password, 404 of a path with a name, 405, 302; a query with a name"
}

scenario_bodies() {
    lan; nginx_up; lan_record bodies.pcap
    get --compressed http://$WEB/manual/list.txt
    get http://$WEB/manual/list.txt
    seq 1 300 >"$scratch/part"
    get -T "$scratch/part" http://$WEB/upload/a.txt
    get -T "$scratch/part" -H 'Transfer-Encoding: chunked' http://$WEB/upload/b.txt
    get -H 'Expect: 100-continue' -T "$scratch/part" http://$WEB/upload/c.txt
    get -F "file=@$scratch/part;type=text/plain" -F "patient=CANARY^TARO" -F 'note=;type=application/json' http://$WEB/upload/form
    get -d 'user=CANARY&password=secret' http://$WEB/login
    lan_done "$NGINX" "a body with gzip in chunks and the same plain; uploads with length, in chunks and after 100 Continue; a multipart form and a form"
}

scenario_pipelined() {
    lan; nginx_up; lan_record pipelined.pcap
    in_ns client python3 "$topic_dir/pipeline.py" $WEB 80
    lan_done "$(version nginx-light), $(version python3)" "three requests in one segment, among them HEAD; then seven on one connection, each sent in pieces of 11 bytes"
}

scenario_python() {
    lan; nginx_up
    in_ns_bg web python3 -m http.server --directory "$scratch/www" 8000
    wait_listen web 8000; lan_record python.pcap
    get http://$WEB:8000/ ; get http://$WEB:8000/manual/ ; get --http1.0 http://$WEB:8000/update.bin ; get -X POST -d x=1 http://$WEB:8000/
    lan_done "$(version python3), $(version curl)" "Python's http.server: HTTP/1.0 answers, a listing, 501; on port 8000"
}

scenario_proxy() {
    lan; nginx_up
    printf 'Port 3128\nListen %s\nTimeout 60\nConnectPort 80\nMaxClients 10\n' $PROXY >"$scratch/tinyproxy.conf"
    in_ns_bg proxy tinyproxy -d -c "$scratch/tinyproxy.conf"; wait_listen proxy 3128
    lan_record proxy.pcap "host $CLIENT"
    get -x http://$PROXY:3128 http://$WEB/index.html
    get -p -x http://$PROXY:3128 http://$WEB/update.bin
    get -p -x http://$PROXY:3128 http://$WEB:22/
    lan_done "$(version tinyproxy-bin), $NGINX" "a proxy: a request with an absolute target, CONNECT with HTTP inside the tunnel, and a CONNECT that is refused"
}

scenario_websocket() {
    npm install --silent --no-audit --no-fund --prefix "$scratch" $NPM_WS >/dev/null
    cp "$topic_dir/ws.js" "$scratch"
    lan; in_ns_bg web node "$scratch/ws.js" server 8090; wait_listen web 8090; lan_record websocket.pcap
    in_ns client node "$scratch/ws.js" client ws://$WEB:8090/subscription
    lan_done "npm $NPM_WS, node $(node --version)" "a connection that goes on as WebSocket after 101"
}

[ "${1:-}" != all ] || set -- $all
[ $# -gt 0 ] || { echo "usage: record.sh all | record.sh SCENARIO... ($all)" >&2; exit 2; }
run_scenarios "$@"
