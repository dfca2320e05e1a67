# The load balancer in front of the API servers.  kind starts it, writes the real configuration, and
# sends it a HUP; until then it needs something to listen on, or it exits.
ARG BASE
FROM $BASE
COPY haproxy.cfg /usr/local/etc/haproxy/haproxy.cfg
# -n: kind's configuration says maxconn 100000, for which haproxy wants 200,000 open files and exits if
# it may not have them; the command line's number wins.
ENTRYPOINT ["haproxy", "-W", "-db", "-n", "2000", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]
