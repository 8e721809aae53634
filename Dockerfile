# symbl-local in a container, with its state in the volume /data:
#   docker build --tag symbl-local .
#   docker run --publish 8765:8765 --volume symbl:/data symbl-local
# It prints the App ID and Secret that it made up, and keeps them in the volume.
FROM python:3.13-slim

RUN useradd --create-home --uid 1000 symbl && install --directory --owner=symbl --mode=700 /data
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY airflow_provider_symbl airflow_provider_symbl
# What is installed is this folder, in its own version.
# hadolint ignore=DL3013
RUN pip install --no-cache-dir '.[speech]'

USER 1000
WORKDIR /data
VOLUME /data
EXPOSE 8765
# Not through a proxy that the environment may name: it is this container that is asked.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["python", "-c", "import http.client as h; c = h.HTTPConnection('127.0.0.1', 8765, timeout=4); c.request('GET', '/__local__/health'); raise SystemExit(c.getresponse().status != 200)"]
CMD ["symbl-local", "--host", "0.0.0.0", "--port", "8765", "--data-dir", "/data"]
