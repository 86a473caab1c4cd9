# Three images of one tree: `web` without torch, `rl` with it, `vllm` with torch and vLLM (GPUs).
FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 \
    OMP_WAIT_POLICY=PASSIVE TOKENIZERS_PARALLELISM=false
WORKDIR /app
RUN pip install -q -U "pip>=25.1" && useradd --create-home stepwise \
    && mkdir -p /data && chown stepwise /data
COPY pyproject.toml requirements.lock requirements-vllm.lock ./
RUN pip install -q -c requirements.lock --group web

FROM base AS code
COPY manage.py ./
COPY config config
COPY annotation annotation
COPY verifier verifier
COPY training training
COPY lab lab
COPY templates templates
COPY static static
COPY locale locale
# collectstatic signs nothing; the key is for this one command.
RUN DATABASE_URL=postgresql://build@localhost/build STEPWISE_SECRET_KEY=$(head -c 48 /dev/urandom | base64 -w 0) \
    DJANGO_SETTINGS_MODULE=config.settings python -m django collectstatic --noinput

FROM code AS web
USER stepwise
EXPOSE 8000
CMD ["granian", "config.wsgi:application", "--interface", "wsgi", "--host", "0.0.0.0", "--port", "8000", \
     "--workers", "4", "--blocking-threads", "4", "--respawn-failed-workers", "--no-ws"]

FROM code AS rl
# TORCH_INDEX=https://download.pytorch.org/whl/cpu makes an image without CUDA.
ARG TORCH_INDEX=""
RUN pip install -q -c requirements.lock ${TORCH_INDEX:+--extra-index-url $TORCH_INDEX} --group rl
USER stepwise
CMD ["celery", "-A", "config", "worker", "--queues", "train", "--concurrency", "1"]

# The trainer with vLLM beside it (sampler "auto" and "vllm_colocate"), and both of vLLM's servers.
FROM code AS vllm
RUN pip install -q -c requirements-vllm.lock --group web --group rl-vllm
USER stepwise
CMD ["celery", "-A", "config", "worker", "--queues", "train", "--concurrency", "1"]
