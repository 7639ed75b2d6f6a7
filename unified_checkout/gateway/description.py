"""The OpenAPI description of the door: what it takes, and every status that it answers with."""

from __future__ import annotations

from typing import Any

from unified_checkout.gateway.parameters import DEFAULT_LIMIT, MOST, STATUSES
from unified_checkout.gateway.wire import VERSION

STATUSES_OF_FAILURE = (400, 401, 403, 404, 429, 500, 502, 503, 504)
"""Every status of the table of errors."""

_FILLED: dict[str, Any] = {
    "id": {"type": "string", "maxLength": 255},
    "object": {"const": "checkout.session"},
    "automatic_tax": {"type": "object"},
    "created": {"type": "integer", "minimum": 0},
    "custom_fields": {"type": "array"},
    "custom_text": {"type": "object"},
    "expires_at": {"type": "integer", "minimum": 0},
    "livemode": {"type": "boolean"},
    "mode": {"enum": ["payment", "setup", "subscription"]},
    "payment_method_types": {"type": "array"},
    "payment_status": {"enum": ["no_payment_required", "paid", "unpaid"]},
    "shipping_options": {"type": "array"},
}
"""The twelve fields that are never null."""

_SESSION = {
    "type": "object",
    "required": [*_FILLED, "unified_checkout"],
    "properties": {
        **_FILLED,
        "amount_total": {"type": ["integer", "null"]},
        "currency": {"type": ["string", "null"]},
        "status": {"enum": [*STATUSES, None]},
        "unified_checkout": {
            "type": "object",
            "required": ["account", "provider", "id", "assumed"],
        },
    },
}
_LIST = {
    "type": "object",
    "required": ["object", "url", "has_more", "data"],
    "properties": {
        "object": {"const": "list"},
        "url": {"const": "/v1/checkout/sessions"},
        "has_more": {"type": "boolean"},
        "data": {"type": "array", "items": {"$ref": "#/components/schemas/session"}},
    },
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["type", "message", "request_id"],
            "properties": {
                "type": {"enum": ["api_error", "invalid_request_error"]},
                "message": {"type": "string"},
                "code": {"type": "string"},
                "param": {"type": "string"},
                "request_id": {"type": "string"},
            },
        }
    },
}


def description() -> dict[str, Any]:
    """The description, of OpenAPI 3.1.

    >>> sorted(description()["paths"])
    ['/v1/checkout/sessions', '/v1/checkout/sessions/{id}']
    """
    ids = ("customer", "customer_account", "payment_intent", "payment_link", "subscription")
    places = ("starting_after", "ending_before")
    text: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 255}
    parameters = [
        *(_parameter(name, text) for name in (*ids, *places)),
        _parameter("status", {"enum": [*STATUSES]}),
        _parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": MOST, "default": DEFAULT_LIMIT},
        ),
        *(
            _parameter(f"created[{bound}]", {"type": "integer", "minimum": 0})
            for bound in ("gt", "gte", "lt", "lte")
        ),
        _parameter("customer_details[email]", text),
        _parameter("expand[]", {"type": "array", "items": text, "maxItems": 20}),
    ]
    one = [
        {"name": "id", "in": "path", "required": True, "schema": text},
        _parameter("expand[]", {"type": "array", "items": text, "maxItems": 20}),
    ]
    path = "/v1/checkout/sessions"
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stripe's checkout sessions, of any provider", "version": VERSION},
        "security": [{"token": []}],
        "paths": {
            path: {"get": _operation("list", parameters)},
            f"{path}/{{id}}": {"get": _operation("session", one)},
        },
        "components": {
            "schemas": {"session": _SESSION, "list": _LIST, "error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _parameter(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _operation(schema: str, parameters: list[dict[str, Any]]) -> dict[str, Any]:
    failures = {str(status): _answer("error") for status in STATUSES_OF_FAILURE}
    return {
        "operationId": schema,
        "parameters": parameters,
        "responses": {"200": _answer(schema), **failures},
    }


def _answer(schema: str) -> dict[str, Any]:
    held = {"schema": {"$ref": f"#/components/schemas/{schema}"}}
    return {"description": f"A {schema}.", "content": {"application/json": held}}
