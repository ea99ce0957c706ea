"""How each kind of question is answered: generators that yield statements."""
