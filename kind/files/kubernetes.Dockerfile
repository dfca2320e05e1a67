# A kubeadm node as kind expects it.  What kind 0.27 needs of an image: /kind/version, an entrypoint that
# ends in systemd, kubeadm and kubectl on the PATH, containerd with a pause image of its own, a kubelet
# unit, and (because the cluster is made with disableDefaultCNI) a CNI configuration.
ARG BASE
FROM $BASE

# The journal must not read /dev/kmsg: it is the whole machine's.
RUN mkdir -p /kind/manifests /etc/kubernetes/manifests /etc/cni/net.d /etc/containerd /etc/systemd/journald.conf.d \
 && printf '[Journal]\nReadKMsg=no\n' >/etc/systemd/journald.conf.d/no-kmsg.conf \
 && echo 'KUBELET_EXTRA_ARGS=--runtime-cgroups=/system.slice/containerd.service' >/etc/default/kubelet

COPY version /kind/version
COPY kubeadm kubelet kubectl /usr/bin/
COPY entrypoint /usr/local/bin/
COPY kubelet-cgroup /usr/local/sbin/
COPY kubelet.service /etc/systemd/system/
COPY containerd.toml /etc/containerd/config.toml
# Pods get addresses of the same range on every node: nothing here talks from pod to pod.
COPY 10-pods.conflist /etc/cni/net.d/

# Nothing starts but what a node needs; what Debian starts on real hardware fails or waits in a container.
# haproxy is the load balancer's, which is made from the same base.
RUN rm -f /etc/systemd/system/*.wants/* \
 && systemctl mask getty.target console-getty.service systemd-logind.service haproxy.service \
      systemd-remount-fs.service systemd-binfmt.service systemd-modules-load.service systemd-update-utmp.service \
      dev-hugepages.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
      proc-sys-fs-binfmt_misc.automount \
 && systemctl enable containerd.service kubelet.service

# systemd takes the one for being in a container, and the other as the wish to shut down.
ENV container=docker
STOPSIGNAL SIGRTMIN+3
ENTRYPOINT ["/usr/local/bin/entrypoint", "/sbin/init"]
