# What a test needs beside Kubernetes, on top of any node image of kind: sshd for root and for ops, who has
# sudo without a password, and the test's public key for both.  The build context holds sshd.conf and
# authorized_keys.
ARG BASE
FROM $BASE

# Our own base has both programs; kindest/node has neither.  That branch is untried: it needs a network.
RUN { command -v sshd && command -v sudo; } >/dev/null \
 || { apt-get update && apt-get install -y --no-install-recommends openssh-server sudo; }

# '*' is a password that nothing matches; what useradd leaves, '!', is an account that sshd refuses.
RUN useradd --create-home --shell /bin/bash --password '*' ops \
 && echo 'ops ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/ops \
 && chmod 0440 /etc/sudoers.d/ops \
 && install -d -m 0700 /root/.ssh \
 && install -d -m 0700 -o ops -g ops /home/ops/.ssh

COPY sshd.conf /etc/ssh/sshd_config.d/test.conf
COPY authorized_keys /root/.ssh/authorized_keys
COPY --chown=ops:ops authorized_keys /home/ops/.ssh/authorized_keys

# Each node makes its own host keys when it first starts, before sshd checks that it has some.
RUN rm -f /etc/ssh/ssh_host_* \
 && chmod 0600 /root/.ssh/authorized_keys /home/ops/.ssh/authorized_keys \
 && mkdir -p /etc/systemd/system/ssh.service.d \
 && printf '[Service]\nExecStartPre=\nExecStartPre=/usr/bin/ssh-keygen -A\nExecStartPre=/usr/sbin/sshd -t\n' \
      >/etc/systemd/system/ssh.service.d/host-keys.conf \
 && systemctl enable ssh.service
