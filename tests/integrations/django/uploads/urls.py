"""A form for a document, and the documents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import FileResponse, HttpResponseBadRequest, JsonResponse
from django.urls import path

from .models import Document


class DocumentForm(forms.ModelForm):
    """Takes a file from a browser."""

    class Meta:
        model = Document
        fields = ("file",)


def upload(request: Any) -> Any:
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return HttpResponseBadRequest(form.errors.as_json())
    document = form.save()
    file = document.file
    return JsonResponse({"id": document.pk, "name": file.name, "url": file.url, "size": file.size})


def show(request: Any, pk: int) -> Any:
    return FileResponse(Document.objects.get(pk=pk).file.open("rb"))


def remove(request: Any, pk: int) -> Any:
    document = Document.objects.get(pk=pk)
    document.file.delete()
    return JsonResponse({"exists": document.file.storage.exists(document.file.name or "missing")})


urlpatterns = [path("upload", upload), path("show/<int:pk>", show), path("remove/<int:pk>", remove)]
