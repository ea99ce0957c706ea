"""Operations on values of unknown type, and on the members of documents; as `ops`."""

from sqlalchemy import BigInteger, Boolean, Double, Text
from sqlalchemy.sql.functions import FunctionElement


class Fold(FunctionElement[str]):
    """The text with each letter small, by itself: `expressions.values.folded`."""

    name = "text_fold"
    type = Text()
    inherit_cache = True


class KindAt(FunctionElement[str]):
    """The type of a JSON document's member, as `Kind` names it; NULL where it is missing.

    Clauses, as for all that follow: the JSON text, the place as a JSON path.
    """

    name = "kind_at"
    type = Text()
    inherit_cache = True


class MemberKind(FunctionElement[str]):
    """The type of a member that `json_each` gives, as `Kind` names it. Clause: its `type`."""

    name = "member_kind"
    type = Text()
    inherit_cache = True


class StringAt(FunctionElement[str]):
    """The member's text, if it is one; else NULL."""

    name = "string_at"
    type = Text()
    inherit_cache = True


class NumberAt(FunctionElement[float]):
    """The member's number, if it is one; else NULL."""

    name = "number_at"
    type = Double[float]()
    inherit_cache = True


class WholeAt(FunctionElement[str]):
    """The digits of the member, if it is written as a whole number; else NULL."""

    name = "whole_at"
    type = Text()
    inherit_cache = True


class BooleanAt(FunctionElement[bool]):
    """The member's truth, if it is one; else NULL."""

    name = "boolean_at"
    type = Boolean()
    inherit_cache = True


class ContainerAt(FunctionElement[str]):
    """The member's JSON text, if it is a list or an object; else NULL."""

    name = "container_at"
    type = Text()
    inherit_cache = True


class JsonAt(FunctionElement[str]):
    """The member as JSON text; NULL where it is missing."""

    name = "json_at"
    type = Text()
    inherit_cache = True


class ListHolds(FunctionElement[bool]):
    """Whether a list has the text among its members, folded; NULL for what is no list.

    Clauses: the list's or object's JSON text, the folded text.
    """

    name = "list_holds"
    type = Boolean()
    inherit_cache = True


class NumberText(FunctionElement[str]):
    """The number in decimals: `expressions.values.number_text` of a floating point number."""

    name = "number_text"
    type = Text()
    inherit_cache = True


class SecondIn(FunctionElement[int]):
    """The seconds since 1970 of an ISO text in UTC; else NULL."""

    name = "second_in"
    type = BigInteger()
    inherit_cache = True


class Finite(FunctionElement[float]):
    """The number, if it is one that JSON can hold; else NULL."""

    name = "finite"
    type = Double[float]()
    inherit_cache = True


class Remainder(FunctionElement[float]):
    """The rest of a division with the dividend's sign; NULL for a divisor of 0."""

    name = "remainder"
    type = Double[float]()
    inherit_cache = True


class Floor(FunctionElement[float]):
    """The greatest whole number that is not greater."""

    name = "floor_of"
    type = Double[float]()
    inherit_cache = True


class Ceiling(FunctionElement[float]):
    """The smallest whole number that is not smaller."""

    name = "ceiling_of"
    type = Double[float]()
    inherit_cache = True


class RoundHalfAway(FunctionElement[float]):
    """The nearest whole number; of two, the one further from 0."""

    name = "round_half_away"
    type = Double[float]()
    inherit_cache = True


class Part(FunctionElement[str]):
    """One part of a text between delimiters, counted from 1; NULL where there are fewer.

    Clauses: text, delimiter, place.
    """

    name = "text_part"
    type = Text()
    inherit_cache = True


class FirstGroup(FunctionElement[str]):
    """What the first group of a pattern finds in a text; NULL for nothing."""

    name = "first_group"
    type = Text()
    inherit_cache = True


class QueryText(FunctionElement[str]):
    """A JSON object as the query of an address, with its `?`; NULL for an empty one or a list."""

    name = "query_text"
    type = Text()
    inherit_cache = True


class OtherMembers(FunctionElement[str]):
    """A JSON object's members, each behind a comma, without those that have odd names.

    Clauses: the object's JSON text; a pattern that finds something in every text with such
    a member; a JSON list of the names; the beginning of further ones.
    """

    name = "other_members"
    type = Text()
    inherit_cache = True


class Behind(FunctionElement[str]):
    """The second text behind the first; NULL where either is."""

    name = "behind"
    type = Text()
    inherit_cache = True
