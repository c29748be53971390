# attriscope with its page built. docs/team.md says how it is run.
#   docker build -t attriscope .
#   docker build --build-arg EXTRA_INDEX=https://download.pytorch.org/whl/cpu -t attriscope .   (smaller; no CUDA)

FROM python:3.12-slim AS build
ARG EXTRA_INDEX=""
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_EXTRA_INDEX_URL=${EXTRA_INDEX}
RUN python -m venv /opt/attriscope
# The large part first: it stays the same when only the source changes.
RUN /opt/attriscope/bin/pip install "torch>=2.6" "torchvision>=0.21"
WORKDIR /source
COPY pyproject.toml hatch_build.py README.md CHANGELOG.md LICENSE ./
COPY attribution_core attribution_core
COPY example_models example_models
COPY frontend frontend
COPY server server
RUN /opt/attriscope/bin/pip install .

FROM python:3.12-slim
RUN useradd --uid 10001 --create-home attriscope && install -d -o attriscope -g attriscope /store
COPY --from=build /opt/attriscope /opt/attriscope
ENV PATH=/opt/attriscope/bin:$PATH PYTHONUNBUFFERED=1 \
    ATTRISCOPE_HOST=0.0.0.0 ATTRISCOPE_PORT=8765 ATTRISCOPE_ALLOWED_HOSTS=localhost ATTRISCOPE_STORE=/store
USER attriscope
WORKDIR /home/attriscope
VOLUME /store
EXPOSE 8765
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['ATTRISCOPE_PORT']}/livez\", timeout=3)"]
ENTRYPOINT ["attriscope"]
CMD ["demo", "--no-browser"]
